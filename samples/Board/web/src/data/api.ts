import { live } from "./hub.js";

/** A refusal by the server, in its own words (problem+json), or no answer at all. */
export class ApiError extends Error {
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

type Method = "POST" | "PATCH" | "PUT" | "DELETE";

/** Calls the HTTP API. What the call changes comes back through the live collections: when this returns, they show it. */
export async function send(method: Method, path: string, body?: unknown): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`/api/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  } catch {
    throw new ApiError("The server cannot be reached.");
  }
  const answer = await read(response);
  if (!response.ok) throw new ApiError(problemText(answer) ?? `The server answered ${response.status}.`, response.status);
  // Not every change shows: a transaction may be lost with the server that committed it.
  await live.seen(response.headers.get("LiveHub-Transaction")).catch(() => undefined);
  return answer;
}

async function read(response: Response): Promise<unknown> {
  const text = await response.text().catch(() => "");
  try {
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

function problemText(answer: unknown): string | undefined {
  if (typeof answer !== "object" || answer === null) return undefined;
  if ("detail" in answer && typeof answer.detail === "string") return answer.detail;
  if ("title" in answer && typeof answer.title === "string") return answer.title;
  return undefined;
}

/** The id of the row that a POST answered. */
export function idOf(answer: unknown): number | undefined {
  const known = typeof answer === "object" && answer !== null && "id" in answer;
  return known && typeof answer.id === "number" ? answer.id : undefined;
}
