/** Server-sent events out of text as it comes, in pieces of any size. Pure. */

export interface StreamEvent {
  readonly type: string;
  readonly data: string;
}

/** Takes pieces in, gives whole events out. */
export class EventParser {
  private readonly pieces: string[] = [];
  private type = "";
  private data: string[] = [];
  private endedInReturn = false;

  /** The events that are whole with this piece. */
  feed(text: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    let start = 0;
    if (this.endedInReturn && text.startsWith("\n")) start = 1;
    if (text !== "") this.endedInReturn = false;
    for (let end = lineEnd(text, start); end >= 0; end = lineEnd(text, start)) {
      this.pieces.push(text.slice(start, end));
      this.takeLine(this.pieces.splice(0).join(""), events);
      const isReturn = text[end] === "\r";
      if (isReturn && end + 1 === text.length) this.endedInReturn = true;
      start = end + (isReturn && text[end + 1] === "\n" ? 2 : 1);
    }
    if (start < text.length) this.pieces.push(text.slice(start));
    return events;
  }

  private takeLine(line: string, events: StreamEvent[]): void {
    if (line === "") {
      if (this.data.length > 0) events.push({ type: this.type || "message", data: this.data.join("\n") });
      this.type = "";
      this.data = [];
      return;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") this.type = value;
    else if (field === "data") this.data.push(value);
  }
}

function lineEnd(text: string, from: number): number {
  const feed = text.indexOf("\n", from);
  const back = text.indexOf("\r", from);
  return back >= 0 && (feed < 0 || back < feed) ? back : feed;
}
