using LiveHub;
using LiveHub.Capture;
using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Tells clients which transactions their requests have committed.</summary>
public static class LiveHubApplicationBuilderExtensions
{
    /// <summary>
    /// Gives every response to a request that has committed something the header <c>LiveHub-Transaction</c>: with it, the client knows when its
    /// collections show that, <c>await live.seen(response.headers.get("LiveHub-Transaction"))</c>. What is committed after the response has begun is not
    /// in it, and the response that the server makes of an exception that nobody handles has no header. Responses to other origins show the header where CORS lets it through: <c>WithExposedHeaders(LiveHubHeaderNames.Transaction)</c>.
    /// </summary>
    /// <param name="app">The application; put it before what saves.</param>
    /// <returns><paramref name="app"/>.</returns>
    public static IApplicationBuilder UseLiveHubTransactionHeader(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        return app.Use(static async (context, next) =>
        {
            var transactions = RequestTransactions.Gather();
            context.Response.OnStarting(() =>
            {
                if (transactions.ToToken() is { } token)
                {
                    context.Response.Headers[LiveHubHeaderNames.Transaction] = token;
                }

                return Task.CompletedTask;
            });
            await next(context);
        });
    }
}
