import { expect } from 'vitest';
import type { Answer, Problem } from './api.ts';

/** The answer is problem+json of that status, shows nothing of the server's inside, and its text names what is asked for. */
export function expectProblem(answer: Answer, status: number, named?: string): Problem {
  expect(answer.status, JSON.stringify(answer.body)).toBe(status);
  expect(answer.contentType).toMatch(/^application\/problem\+json/);
  const problem = answer.body as Problem;
  expect(problem).toMatchObject({ status, title: expect.any(String) });
  expect(JSON.stringify(problem)).not.toMatch(/\.cs\b|Exception|BoardSample|System\.|Npgsql/);
  if (named !== undefined) expect(problem.detail).toContain(named);
  return problem;
}
