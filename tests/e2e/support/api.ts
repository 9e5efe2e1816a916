/** The sample's HTTP API, as far as the tests write and read through it. */
export interface ListRow {
  readonly id: number;
  readonly title: string;
  readonly position: number;
}

export interface CardRow {
  readonly id: number;
  readonly listId: number;
  readonly title: string;
  readonly description: string;
  readonly done: boolean;
  readonly position: number;
}

export class Api {
  readonly #origin: string;

  constructor(origin: string) {
    this.#origin = origin;
  }

  get<T>(path: string): Promise<T> {
    return this.#call<T>("GET", path);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.#call<T>("POST", path, body);
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.#call<T>("PATCH", path, body);
  }

  put(path: string): Promise<unknown> {
    return this.#call("PUT", path);
  }

  delete(path: string): Promise<unknown> {
    return this.#call("DELETE", path);
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const response = await fetch(`${this.#origin}/api/${path}`, { method, ...init });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }
}
