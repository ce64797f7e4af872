import { useState } from "react";

import { sentenceFor } from "../api/errors";
import { Link, navigate, useAddress } from "./router";
import { useServices, useSessionState } from "./services";

export function Header() {
  return (
    <header className="header">
      <div className="header-inner">
        <Link to="/" className="brand">
          <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
            <rect className="brand-tile" width="32" height="32" rx="8" />
            <circle className="brand-sun" cx="21.5" cy="11" r="3" />
            <path className="brand-hills" d="M5 25 12.5 13.5 18 21.5 21 18 27 25Z" />
          </svg>
          Gallery
        </Link>
        <Account />
      </div>
    </header>
  );
}

function Account() {
  const state = useSessionState();
  const { pathname } = useAddress();
  if (state.phase === "loading") return null;
  const session = state.phase === "known" ? state.session : null;
  if (session?.user != null) {
    return (
      <nav className="account" aria-label="Account">
        <span className="account-name" title={`Logged in as ${session.user.username}`}>
          <span className="visually-hidden">Logged in as </span>
          {session.user.username}
        </span>
        <LogOutButton />
        <Link to="/upload" className="button button-small" current={pathname === "/upload"}>
          Upload
        </Link>
      </nav>
    );
  }
  return (
    <nav className="account" aria-label="Account">
      {session?.signUp === true && (
        <Link to="/signup" className="account-link" current={pathname === "/signup"}>
          Sign up
        </Link>
      )}
      <Link to="/login" className="button button-small" current={pathname === "/login"}>
        Log in
      </Link>
    </nav>
  );
}

function LogOutButton() {
  const { announcements, sessions } = useServices();
  const [busy, setBusy] = useState(false);
  const logOut = async () => {
    setBusy(true);
    try {
      await sessions.logOut();
      announcements.say("You are logged out.");
      navigate("/");
    } catch (error) {
      announcements.say(sentenceFor(error));
      setBusy(false);
    }
  };
  return (
    <button type="button" className="account-link" disabled={busy} onClick={() => void logOut()}>
      Log out
    </button>
  );
}
