import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/forms.css";
import "./styles/pictures.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Start } from "./app/Start";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root.");
createRoot(root).render(
  <StrictMode>
    <Start />
  </StrictMode>,
);
