/** Takes one ParameterStatus body, which is two NUL-terminated strings, into `parameters`. */
export function readParameterStatus(body: Buffer, parameters: Map<string, string>): void {
  const [name = '', value = ''] = body.toString('utf8').split('\0');
  parameters.set(name, value);
}
