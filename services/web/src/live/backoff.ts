/** Pauses between attempts to reconnect: doubling with full jitter, so that a thousand browsers do not return at once. */
export class Backoff {
  private attempt = 0;
  private readonly random: () => number;
  private readonly first: number;
  private readonly longest: number;

  constructor(random: () => number = Math.random, first = 500, longest = 20_000) {
    this.random = random;
    this.first = first;
    this.longest = longest;
  }

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const ceiling = Math.min(this.longest, this.first * 2 ** this.attempt);
    this.attempt += 1;
    return Math.round(ceiling / 2 + (ceiling / 2) * this.random());
  }

  reset(): void {
    this.attempt = 0;
  }
}
