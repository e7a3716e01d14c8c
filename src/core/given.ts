/** Its constructor makes the object that it is given what a subclass puts its fields on: in them an object keeps what nobody else can see. */
export class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: that is what it is for
    return object
  }
}
