/** Ends the process once everything it printed has been handed over: a pipe takes large answers piece by piece. */
export function exit(code: number): void {
  // Whoever closed the pipe, such as `head`, does not want the rest.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
}
