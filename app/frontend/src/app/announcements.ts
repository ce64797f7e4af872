import { Store } from "../store";

/** Sentences for screen readers about what changed without a move of the focus; see Announcer in App.tsx. */
export class Announcements extends Store<string> {
  constructor() {
    super("");
  }

  say(sentence: string): void {
    // The same sentence twice is a change only if the text differs: a no-break space is not read.
    this.set(this.current() === sentence ? `${sentence}\u00a0` : sentence);
  }
}
