import { API_KEY, BASE_URL } from './call.js';

export interface RequestConfig<Data = unknown> {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'PATCH' | 'POST' | 'DELETE' | 'OPTIONS';
  readonly url?: string;
  readonly params?: unknown;
  readonly data?: Data | FormData;
  readonly headers?: object;
}
export interface ResponseConfig<Data> {
  readonly data: Data;
  readonly status: number;
}
export type ResponseErrorConfig<Problem = unknown> = Problem;
export type Client = typeof request;

/** Kubb's own client joins the values of a list by commas, which are part of a tag. This one repeats the parameter. */
export default async function request<Data, Problem = unknown, Body = unknown>({
  method,
  url = '',
  params,
  headers,
}: RequestConfig<Body>): Promise<ResponseConfig<Data>> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params ?? {}))
    for (const one of [value].flat()) if (one !== undefined) query.append(name, String(one));
  const response = await fetch(`${BASE_URL}${url}?${query}`, {
    method,
    headers: { ...headers, 'X-API-Key': API_KEY },
  });
  const data: unknown = await response.json();
  if (!response.ok) throw data as Problem;
  return { data: data as Data, status: response.status };
}
