/** A failure of the set-up that the user can act on; its message says what to do. */
export class BootstrapError extends Error {}

/** Everything the set-up says goes to stderr: stdout belongs to the command. @param {string} sentence */
export function say(sentence) {
  process.stderr.write(`${sentence}\n`);
}

/** @param {unknown} error @returns {string | undefined} */
export function errorCode(error) {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
