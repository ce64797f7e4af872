import { useEffect } from "react";

import { WaitingBanner } from "../components/WaitingBanner";
import { GalleryPage } from "../pages/GalleryPage";
import { LogInPage, SignUpPage } from "../pages/AccountPages";
import { NotFoundPage } from "../pages/NotFoundPage";
import { PicturePage } from "../pages/PicturePage";
import { UploadPage } from "../pages/UploadPage";
import { useStore } from "../store";
import { Header } from "./Header";
import { useAddress } from "./router";
import { useServices } from "./services";

export function App() {
  const { sessions } = useServices();
  useEffect(() => void sessions.load(), [sessions]);
  return (
    <>
      <a className="skip-link" href="#content">
        Skip to the content
      </a>
      <Header />
      <main id="content" className="page" tabIndex={-1}>
        <WaitingBanner />
        <Route />
      </main>
      <Announcer />
    </>
  );
}

function Route() {
  const { pathname } = useAddress();
  const picture = /^\/pictures\/([^/]+)\/?$/.exec(pathname)?.[1];
  if (picture !== undefined) return <PicturePage key={picture} id={decodeURIComponent(picture)} />;
  switch (pathname) {
    case "/":
    case "/index.html":
      return <GalleryPage />;
    case "/login":
      return <LogInPage />;
    case "/signup":
      return <SignUpPage />;
    case "/upload":
      return <UploadPage />;
    default:
      return <NotFoundPage />;
  }
}

function Announcer() {
  const sentence = useStore(useServices().announcements);
  return (
    <p className="visually-hidden" aria-live="polite">
      {sentence}
    </p>
  );
}
