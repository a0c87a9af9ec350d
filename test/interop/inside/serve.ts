/** What the two sides of a namespace say to each other. */
export interface Question {
  id: number;
  name: string;
  args: unknown[];
}

export interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

/** Answer the questions of the process that started this one with `functions`; `close` when it lets go of us. */
export function serve(functions: object, close: () => Promise<void>): void {
  const table = functions as Record<string, (...args: unknown[]) => unknown>;
  process.on("message", (question) => void answer(table, question as Question));
  process.once("disconnect", () => void close().finally(() => process.exit()));
}

async function answer(table: Record<string, (...args: unknown[]) => unknown>, { id, name, args }: Question): Promise<void> {
  let reply: Answer;
  try {
    reply = { id, value: await table[name](...args) };
  } catch (error) {
    reply = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  if (process.connected) process.send?.(reply);
}
