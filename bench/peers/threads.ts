/** Threads that every library here may use, as run.ts told this process. */
export const threads = Number(process.env.OMP_NUM_THREADS ?? 1);
