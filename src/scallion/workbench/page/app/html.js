// The templates of all views: htm with Preact. Text is always text, never HTML.
import { h } from "preact";
import htm from "htm";

export const html = htm.bind(h);
