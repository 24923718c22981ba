/** Ends the process after everything is written: a pipe takes large answers piece by piece. */
export function exit(code: number): void {
  // Whoever closed the pipe, such as `head`, does not want the rest.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
}
