// The page's socket: frames as they come, and the way back when it is gone.

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4000;

export class Feed {
  /** `live` is called at each connection, `lost` when it is gone, `frame` with each parsed frame. */
  constructor({ live, lost, frame }) {
    this.live = live;
    this.lost = lost;
    this.frame = frame;
    this.socket = null;
    this.wait_ms = FIRST_WAIT_MS;
    this.timer = null;
  }

  /** As this member from now on. */
  open(name) {
    this.close();
    this.wait_ms = FIRST_WAIT_MS;
    this.connect(name);
  }

  close() {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    if (socket) socket.close();
  }

  connect(name) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/_ui/socket?as=${encodeURIComponent(name)}`);
    this.socket = socket;
    socket.addEventListener("open", () => {
      if (socket !== this.socket) return;
      this.wait_ms = FIRST_WAIT_MS;
      this.live();
    });
    socket.addEventListener("message", (event) => {
      if (socket === this.socket) this.frame(JSON.parse(event.data));
    });
    socket.addEventListener("close", () => {
      if (socket !== this.socket) return;
      this.lost();
      this.timer = setTimeout(() => this.connect(name), this.wait_ms);
      this.wait_ms = Math.min(this.wait_ms * 2, LONGEST_WAIT_MS);
    });
  }
}
