using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR;

namespace FuzzServer;

/// <summary>Faults on purpose, which a fuzzer has to find: every so many messages one is not handled as it should be, or a little is kept of each.</summary>
public sealed class Breaks : IHubFilter
{
    private const int Every = 20;

    private const int LeakedBytes = 4_000;

    private static readonly ConcurrentQueue<byte[]> Leaked = new();

    private int _messages;

    /// <summary><c>throw</c>, <c>silence</c>, <c>close</c>, <c>leak</c>; null for none.</summary>
    public string? What
    {
        get;
        set
        {
            field = value;
            _messages = 0;
        }
    }

    public ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        if (What == "leak")
        {
            Leaked.Enqueue(new byte[LeakedBytes]);
            return next(invocationContext);
        }

        if (What is null || Interlocked.Increment(ref _messages) % Every != 0)
        {
            return next(invocationContext);
        }

        switch (What)
        {
            case "throw":
                throw new InvalidOperationException("Broken on purpose.");
            case "silence":
                return default;
            case "close":
                invocationContext.Context.Abort();
                return default;
            default:
                throw new InvalidOperationException($"There is no break '{What}'.");
        }
    }
}
