/** `fine`: as it should be; `note`: worth knowing; `problem`: something will not be traced, or not arrive. */
export type Level = 'fine' | 'note' | 'problem';

/** One line of what the doctor says. */
export interface Finding {
  readonly level: Level;
  readonly text: string;
  /** What to do about it. */
  readonly remedy?: string;
}

export const fine = (text: string): Finding => ({ level: 'fine', text });
export const note = (text: string, remedy?: string): Finding => ({ level: 'note', text, remedy });
export const problem = (text: string, remedy?: string): Finding => ({ level: 'problem', text, remedy });
