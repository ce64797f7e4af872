import { type ReactNode, type SubmitEvent, useEffect, useRef, useState } from "react";

import { ApiError, sentenceFor } from "../api/errors";
import { Link, navigate, nextOf, useAddress } from "../app/router";
import { useServices, useSession } from "../app/services";
import type { Credentials } from "../app/sessions";
import { Field, FormError } from "../components/Field";
import { PageTitle } from "../components/PageTitle";

export function LogInPage() {
  const { sessions } = useServices();
  const address = useAddress();
  const signUp = useSession()?.signUp ?? false;
  return (
    <CredentialsPage title="Log in" busyLabel="Logging in…" passwordHint={undefined} newPassword={false} send={(entered) => sessions.logIn(entered)}>
      {signUp && (
        <p>
          New here? <Link to={`/signup${address.search}`}>Make an account.</Link>
        </p>
      )}
    </CredentialsPage>
  );
}

export function SignUpPage() {
  const { sessions } = useServices();
  const address = useAddress();
  const session = useSession();
  if (session !== null && !session.signUp && session.user === null) {
    return (
      <div className="narrow">
        <PageTitle>Sign up</PageTitle>
        <p>
          New accounts are made by the people who run this gallery. <Link to="/login">Log in instead.</Link>
        </p>
      </div>
    );
  }
  return (
    <CredentialsPage
      title="Sign up"
      busyLabel="Signing up…"
      passwordHint="At least 8 characters, and not a common password."
      newPassword
      send={(entered) => sessions.signUp(entered)}
    >
      <p>
        Have an account? <Link to={`/login${address.search}`}>Log in.</Link>
      </p>
    </CredentialsPage>
  );
}

interface CredentialsPageProps {
  readonly title: string;
  readonly busyLabel: string;
  readonly passwordHint: string | undefined;
  readonly newPassword: boolean;
  readonly send: (entered: Credentials) => Promise<void>;
  readonly children: ReactNode;
}

function CredentialsPage({ title, busyLabel, passwordHint, newPassword, send, children }: CredentialsPageProps) {
  const { announcements } = useServices();
  const next = nextOf(useAddress());
  const user = useSession()?.user ?? null;
  const form = useRef<HTMLFormElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  // Also for who comes here logged in.
  const name = user?.username;
  useEffect(() => {
    if (name === undefined) return;
    announcements.say(`You are logged in as ${name}.`);
    navigate(next, { replace: true });
  }, [announcements, name, next]);

  // The first marked field, or the first field, is where to go on.
  useEffect(() => {
    if (error !== null) form.current?.querySelector<HTMLInputElement>("[aria-invalid], input")?.focus();
  }, [error]);

  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    const entered = new FormData(event.currentTarget);
    setBusy(true);
    setError(null);
    try {
      await send({ username: textOf(entered, "username").trim(), password: textOf(entered, "password") });
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };

  const about = (field: string) => (error instanceof ApiError ? error.about(field) : undefined);
  return (
    <div className="narrow">
      <PageTitle>{title}</PageTitle>
      <form ref={form} className="form" onSubmit={(event) => void submit(event)}>
        <FormError>{error === null ? undefined : sentenceFor(error)}</FormError>
        <Field name="username" label="User name" autoComplete="username" autoCapitalize="none" spellCheck={false} required error={about("username")} />
        <Field
          name="password"
          label="Password"
          type="password"
          autoComplete={newPassword ? "new-password" : "current-password"}
          required
          hint={passwordHint}
          error={about("password")}
        />
        <button type="submit" className="button" aria-disabled={busy}>
          {busy ? busyLabel : title}
        </button>
      </form>
      {children}
    </div>
  );
}

function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}
