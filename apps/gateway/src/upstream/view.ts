/** What one caller sees of a cached value, where callers see different parts of it. */
export interface View<Dto> {
  /** Views are kept by their names, so the name must say everything that the content depends on, also what the caller may read. */
  readonly name: string;
  /** Makes the view. It must not change the value, which all requests share. */
  readonly of: (dto: Dto) => ViewContent;
}

export interface ViewContent {
  /** Becomes the JSON of the answer. */
  readonly body: unknown;
  /** Further headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}
