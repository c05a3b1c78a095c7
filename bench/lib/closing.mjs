/** What has to be ended, in the reverse order of its opening; each in any case. */
export class Closing {
  #steps = [];

  add(step) {
    this.#steps.push(step);
  }

  async run() {
    for (const step of this.#steps.splice(0).reverse()) {
      await step().catch((error) => process.stderr.write(`${error}\n`));
    }
  }
}
