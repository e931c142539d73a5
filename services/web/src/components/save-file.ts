/** Hands a file to the browser's downloads. */
export function saveFile({ name, data }: { name: string; data: Blob }): void {
  const address = URL.createObjectURL(data);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The download has begun by the next turn; the address holds the data in memory until then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
