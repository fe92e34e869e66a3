// The one address that the page talks to.

export class Failed extends Error {
  constructor(status, body) {
    super(`HTTP ${status}`);
    this.status = status;
    this.body = body;
  }
}

export const get = (path) => ask("GET", path);
export const post = (path, body = {}) => ask("POST", path, body);
export const patch = (path, body) => ask("PATCH", path, body);

export async function upload(path, file) {
  const headers = { "X-Guichet": "page", "Content-Type": file.type || "application/octet-stream" };
  return read(await fetch(path, { method: "POST", headers, body: file }));
}

async function ask(method, path, body) {
  const headers = body === undefined ? {} : { "X-Guichet": "page", "Content-Type": "application/json" };
  return read(await fetch(path, { method, headers, body: body && JSON.stringify(body) }));
}

async function read(answer) {
  const text = await answer.text();
  let body = {};
  try {
    body = JSON.parse(text);
  } catch {
    body = { error: text };
  }
  if (!answer.ok) throw new Failed(answer.status, body);
  return body;
}
