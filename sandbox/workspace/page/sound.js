// Rings and speaks, where a person has switched it on: browsers make no sound before somebody asked for it.

const RING_MS = 2000;

export class Sound {
  constructor() {
    this.isOn = false;
    this.timer = null;
  }

  toggle() {
    this.isOn = !this.isOn;
    this.context ??= this.isOn ? new AudioContext() : null;
    if (!this.isOn) {
      this.ring(false);
      speechSynthesis.cancel();
    }
  }

  ring(rings) {
    if (rings && this.isOn && !this.timer) {
      this.tone();
      this.timer = setInterval(() => this.tone(), RING_MS);
    }
    if ((!rings || !this.isOn) && this.timer) {
      clearInterval(this.timer);
      this.timer = null;
    }
  }

  say(text) {
    if (this.isOn) speechSynthesis.speak(new SpeechSynthesisUtterance(text));
  }

  tone() {
    const { context } = this;
    const gain = context.createGain();
    gain.gain.setValueAtTime(0.05, context.currentTime);
    gain.gain.setValueAtTime(0, context.currentTime + 0.8);
    gain.connect(context.destination);
    for (const pitch of [440, 480]) {
      const oscillator = context.createOscillator();
      oscillator.frequency.value = pitch;
      oscillator.connect(gain);
      oscillator.start();
      oscillator.stop(context.currentTime + 0.8);
    }
  }
}
