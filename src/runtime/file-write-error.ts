/** A file could not be written. Its message is for the person who runs the program. */
export class FileWriteError extends Error {
  /** The operating system's name of the reason, such as `ENOSPC`. */
  readonly code: string | undefined;

  constructor(path: string, cause: unknown) {
    const { code, message } = factsOf(cause);
    super(`The file ${path} cannot be written: ${describe(code) ?? message}`, { cause });
    this.name = 'FileWriteError';
    this.code = code;
  }
}

function factsOf(cause: unknown): { readonly code: string | undefined; readonly message: string } {
  if (!(cause instanceof Error)) return { code: undefined, message: String(cause) };
  return {
    code: 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined,
    message: cause.message,
  };
}

function describe(code: string | undefined): string | undefined {
  switch (code) {
    case 'ENOSPC':
      return 'the disk is full (ENOSPC). Make room, and try again.';
    case 'EDQUOT':
      return "this user's share of the disk is used up (EDQUOT). Make room, and try again.";
    case 'EROFS':
      return 'its file system is read-only (EROFS). Mount it for writing, or choose another folder.';
    case 'EACCES':
    case 'EPERM':
      return `this user may not write there (${code}). Give it the folder, or choose another folder.`;
    case 'EIO':
      return 'the disk failed (EIO). Look at the disk before you start again.';
    default:
      return undefined;
  }
}
