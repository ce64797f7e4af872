import { Component, type ReactNode, useEffect, useState } from "react";

import { Notice } from "../components/Notice";
import { loadConfig } from "../config";
import { App } from "./App";
import { type Services, ServicesContext, servicesFor } from "./services";

/** What is left when rendering itself fails. */
class Boundary extends Component<{ readonly children: ReactNode }, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? <Broken /> : this.props.children;
  }
}

function Broken() {
  return (
    <main className="page">
      <Notice title="Something went wrong">
        <p>The page could not be shown. Loading it again usually helps.</p>
        <button type="button" className="button" onClick={() => window.location.reload()}>
          Load again
        </button>
      </Notice>
    </main>
  );
}

/** Read the configuration, then show the app. */
export function Start() {
  const [services, setServices] = useState<Services | null>(null);
  const [failed, setFailed] = useState(false);

  useEffect(() => {
    let wanted = true;
    loadConfig().then(
      (config) => {
        if (wanted) setServices(servicesFor(config));
      },
      (error: unknown) => {
        console.error(error);
        if (wanted) setFailed(true);
      },
    );
    return () => {
      wanted = false;
    };
  }, []);

  if (failed) return <Broken />;
  if (services === null) return null;
  return (
    <Boundary>
      <ServicesContext value={services}>
        <App />
      </ServicesContext>
    </Boundary>
  );
}
