/** How far a study is, on standard error: a line that is drawn over on a terminal, a line now and then elsewhere. */
export interface Progress {
  /** @param done rows made in this run @param failed of them */
  show(done: number, failed: number): void;
  end(): void;
}

/** @param total rows that are to be made in this run. */
export function startProgress(total: number, now: () => number): Progress {
  const { stderr } = process;
  const started = now();
  const pause = stderr.isTTY ? 200 : 10_000;
  let last = stderr.isTTY ? -Infinity : started;
  return {
    show(done, failed) {
      const at = now();
      if (at - last < pause && done < total) return;
      last = at;
      const line = progressLine({ done, failed, total, seconds: (at - started) / 1000 });
      stderr.write(stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
    },
    end() {
      if (stderr.isTTY) stderr.write("\n");
    },
  };
}

/** "123 of 480 rows (26 %), 3.4 rows/s, 1 min 45 s left, 2 failed". */
export function progressLine(at: {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
  readonly seconds: number;
}): string {
  const { done, failed, total, seconds } = at;
  const rate = seconds > 0 ? done / seconds : 0;
  const parts = [
    `${done} of ${total} rows (${total === 0 ? 100 : Math.floor((100 * done) / total)} %)`,
    ...(rate > 0 ? [`${rate.toPrecision(2)} rows/s`] : []),
    ...(rate > 0 && done < total ? [`${durationText((total - done) / rate)} left`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  return parts.join(", ");
}

/** "45 s", "1 min 45 s", "3 h 20 min". */
export function durationText(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
