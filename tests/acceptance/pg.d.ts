/** The little of node-postgres that the tests use; it comes without types. */
declare module 'pg' {
  export class Client {
    constructor(server: { host: string; port: number; user?: string; password?: string; database?: string });
    connect(): Promise<void>;
    query<Row>(sql: string, values?: readonly unknown[]): Promise<{ rows: Row[] }>;
    end(): Promise<void>;
  }
  const pg: { Client: typeof Client };
  export default pg;
}
