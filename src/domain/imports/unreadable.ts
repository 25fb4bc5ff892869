// A file that cannot be read at all, in a sentence for whoever sent it; no personal data.
export class Unreadable extends Error {}
