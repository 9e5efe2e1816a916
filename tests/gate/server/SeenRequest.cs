using Microsoft.Net.Http.Headers;

namespace GateServer;

/// <summary>A request as it reached the server.</summary>
/// <param name="Path">With its method: <c>POST /live/negotiate</c>.</param>
/// <param name="Transport">What a request for a connection wants to be.</param>
/// <param name="Token">How its access token came: <c>header</c>, <c>query</c>, or not at all.</param>
/// <param name="Mark">The header <c>X-Mark</c>.</param>
internal sealed record SeenRequest(string Path, string Transport, string? Token, string? Mark)
{
    public static SeenRequest Of(HttpRequest request) => new(
        $"{request.Method} {request.Path}",
        request.Headers.Upgrade == "websocket" ? "WebSockets" : request.Headers.Accept == "text/event-stream" ? "ServerSentEvents" : "LongPolling",
        request.Headers.ContainsKey(HeaderNames.Authorization) ? "header" : request.Query.ContainsKey("access_token") ? "query" : null,
        request.Headers["X-Mark"]);
}
