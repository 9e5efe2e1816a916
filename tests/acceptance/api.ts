/** The sample's HTTP API, typed: tests write through it what viewers must then see. */

export interface BoardRow { readonly id: number; readonly name: string; readonly tenantId: string }
export interface ListRow { readonly id: number; readonly boardId: number; readonly title: string; readonly position: number }
export interface CardRow {
  readonly id: number;
  readonly listId: number;
  readonly title: string;
  readonly description: string;
  readonly done: boolean;
  readonly position: number;
  readonly dueAt: string | null;
  readonly memberId: number | null;
  readonly estimate: number | null;
  readonly isDeleted: boolean;
}
export interface CommentRow { readonly id: string; readonly cardId: number; readonly memberId: number; readonly text: string; readonly createdAt: string }
export interface LabelRow { readonly id: number; readonly boardId: number; readonly name: string; readonly color: string }
export interface MemberRow { readonly id: number; readonly name: string; readonly email: string }
export interface CardLabelRow { readonly cardId: number; readonly labelId: number }

/** The sets of the API by their names in the URL. */
export interface Sets { boards: BoardRow; lists: ListRow; cards: CardRow; comments: CommentRow; labels: LabelRow; members: MemberRow }
export type SetName = keyof Sets;
export type Id = number | string;

/** An operation of `POST /api/transaction`; `"$0"` as an id or value is the id that operation 0 made. */
export type Operation =
  | { op: 'insert'; entity: SetName; id?: Id; values: Readonly<Record<string, unknown>> }
  | { op: 'update'; entity: SetName; id: Id; values: Readonly<Record<string, unknown>> }
  | { op: 'delete'; entity: SetName; id: Id };
export interface Outcome { readonly entity: SetName; readonly id: Id; readonly row: Readonly<Record<string, unknown>> | null }

/** problem+json, as every failure is answered. */
export interface Problem { readonly status: number; readonly title: string; readonly detail?: string; readonly index?: number }

export interface Answer { readonly status: number; readonly contentType: string; readonly location: string | null; readonly transaction: string | null; readonly body: unknown }

/** A request that was answered with 4xx or 5xx. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly problem: Problem;

  constructor(request: string, answer: Answer) {
    super(`${request}: ${answer.status} ${JSON.stringify(answer.body)}`);
    this.problem = answer.body as Problem;
  }
}

/** Methods return the row and throw ApiError; `send` returns whatever came. */
export class Api {
  readonly origin: string;

  constructor(origin: string) {
    this.origin = origin;
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const json = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const contentType = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(this.origin + path, { method, headers: { ...contentType, ...headers }, ...json });
    const text = await response.text();
    return {
      status: response.status,
      contentType: response.headers.get('content-type') ?? '',
      location: response.headers.get('location'),
      transaction: response.headers.get('LiveHub-Transaction'),
      body: text === '' ? undefined : parse(text),
    };
  }

  list<S extends SetName>(set: S, query: Readonly<Record<string, Id | boolean | null>> = {}): Promise<Sets[S][]> {
    const search = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
    return this.#ask('GET', `/api/${set}?${search}`);
  }

  get<S extends SetName>(set: S, id: Id): Promise<Sets[S]> {
    return this.#ask('GET', `/api/${set}/${id}`);
  }

  post<S extends SetName>(set: S, values: Partial<Sets[S]>): Promise<Sets[S]> {
    return this.#ask('POST', `/api/${set}`, values);
  }

  patch<S extends SetName>(set: S, id: Id, values: Partial<Sets[S]>): Promise<Sets[S]> {
    return this.#ask('PATCH', `/api/${set}/${id}`, values);
  }

  delete(set: SetName, id: Id): Promise<void> {
    return this.#ask('DELETE', `/api/${set}/${id}`);
  }

  addLabel(cardId: number, labelId: number): Promise<void> {
    return this.#ask('PUT', `/api/cards/${cardId}/labels/${labelId}`);
  }

  removeLabel(cardId: number, labelId: number): Promise<void> {
    return this.#ask('DELETE', `/api/cards/${cardId}/labels/${labelId}`);
  }

  transaction(...operations: Operation[]): Promise<Outcome[]> {
    return this.#ask('POST', '/api/transaction', operations);
  }

  bulk(where: Partial<CardRow>, set: Partial<CardRow>): Promise<{ updated: number }> {
    return this.#ask('POST', '/api/cards/bulk', { where, set });
  }

  /** The rows as SQL reads them: soft-deleted cards and join rows too. */
  sql<S extends SetName | 'cardLabels'>(set: S): Promise<(S extends SetName ? Sets[S] : CardLabelRow)[]> {
    return this.#ask('GET', `/api/sql/${set}`);
  }

  async #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.send(method, path, body);
    if (answer.status >= 400) throw new ApiError(`${method} ${path}`, answer);
    return answer.body as T;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
