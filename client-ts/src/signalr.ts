import { HubConnectionBuilder, JsonHubProtocol, type HubConnection, type HubMessage, type IHttpConnectionOptions, type ILogger } from "@microsoft/signalr";
import type { Link, OpenLink } from "./connection.js";
import { unsubscribe } from "./protocol.js";

/** Links over SignalR (P1): a HubConnection each. */
export function signalRLinks(
  url: string, serverTimeoutMs: number, accessTokenFactory: IHttpConnectionOptions["accessTokenFactory"] | undefined,
  configure: ((builder: HubConnectionBuilder) => unknown) | undefined,
): OpenLink {
  return ({ received, closed }) => {
    let hub: HubConnection | undefined;
    let isStopped = false;
    const link: Link = {
      heard: new Date(),
      // What `configure` throws is a start that fails.
      start: async () => {
        const builder = new HubConnectionBuilder()
          // Of the pings that a server sends while nothing happens, SignalR tells its protocol alone.
          .withHubProtocol(new (class extends JsonHubProtocol {
            override parseMessages(input: string, logger: ILogger): HubMessage[] {
              link.heard = new Date();
              return super.parseMessages(input, logger);
            }
          })())
          .withUrl(url, { timeout: serverTimeoutMs, accessTokenFactory } as IHttpConnectionOptions)
          .withServerTimeout(serverTimeoutMs)
          // A server that is away is no error to us; whoever wants SignalR's own log configures it.
          .configureLogging("none");
        await configure?.(builder);
        if (isStopped) return;
        hub = builder.build();
        hub.on("Receive", received);
        hub.onclose(closed);
        await hub.start();
      },
      send: async (message) => hub?.send("Send", message),
      // To unsubscribe from nothing changes nothing, and the server's completion shows that it is there.
      probe: async () => hub?.invoke("Send", unsubscribe([])),
      stop: async () => {
        isStopped = true;
        await hub?.stop();
      },
    };
    return link;
  };
}
