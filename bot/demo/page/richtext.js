// A text and its entities as nested elements. Offsets count UTF-16 units, which is how JavaScript counts too.

import { el } from "./dom.js";
import { t } from "./words.js";

const TAGS = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
  pre: "pre",
  blockquote: "blockquote",
  expandable_blockquote: "blockquote",
};

export function richText(text, entities = [], onCommand = null) {
  const sorted = [...entities].sort((one, other) => one.offset - other.offset || other.length - one.length);
  return fill(document.createDocumentFragment(), text, 0, text.length, sorted, onCommand);
}

function fill(parent, text, start, end, entities, onCommand) {
  let at = start;
  let index = 0;
  while (index < entities.length) {
    const entity = entities[index];
    const stop = Math.min(entity.offset + entity.length, end);
    const first = index + 1;
    index = first;
    while (index < entities.length && entities[index].offset < stop) index += 1;
    if (entity.offset < at) continue;
    parent.append(text.slice(at, entity.offset));
    const node = element(entity, text.slice(entity.offset, stop), onCommand);
    parent.append(fill(node, text, entity.offset, stop, entities.slice(first, index), onCommand));
    at = stop;
  }
  parent.append(text.slice(at, end));
  return parent;
}

function element(entity, inside, onCommand) {
  switch (entity.type) {
    case "bot_command":
      return onCommand
        ? el("button", { type: "button", class: "command-link", onclick: () => onCommand(inside) })
        : el("span");
    case "url":
      return link(inside);
    case "text_link":
      return link(entity.url);
    case "email":
      return el("a", { href: `mailto:${inside}` });
    case "spoiler":
      return spoiler();
    default:
      return el(TAGS[entity.type] ?? "span");
  }
}

function link(address) {
  const safe = /^(https?|tg):\/\//i.test(address);
  return safe ? el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }) : el("span");
}

function spoiler() {
  const node = el("button", { type: "button", class: "spoiler", "aria-label": t("spoiler") });
  node.addEventListener("click", () => {
    node.classList.add("open");
    node.removeAttribute("aria-label");
  });
  return node;
}
