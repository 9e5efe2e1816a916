using LiveHub.Changes;

namespace LiveHub.Capture;

/// <summary>The transactions that one request has committed: what its <c>LiveHub-Transaction</c> header names. Whatever the request awaits adds to it.</summary>
internal sealed class RequestTransactions
{
    /// <summary>The newest are enough: of what one request commits, the log has the older ones before them.</summary>
    public const int MaxIds = 32;

    /// <summary>Of as many ids and what stands between them.</summary>
    public const int MaxTokenLength = (MaxIds * 33) - 1;

    private static readonly AsyncLocal<RequestTransactions?> Current = new();

    private readonly Lock _lock = new();
    private readonly Queue<ChangesetId> _ids = [];

    /// <summary>Begins to gather what the caller commits from here on.</summary>
    public static RequestTransactions Gather() => Current.Value = new();

    /// <returns>False where nobody gathers.</returns>
    public static bool Add(ChangesetId id)
    {
        if (Current.Value is not { } request)
        {
            return false;
        }

        lock (request._lock)
        {
            if (!request._ids.Contains(id))
            {
                request._ids.Enqueue(id);
                if (request._ids.Count > MaxIds)
                {
                    request._ids.Dequeue();
                }
            }
        }

        return true;
    }

    /// <summary>What stands for all of them; null where there are none.</summary>
    public string? ToToken()
    {
        lock (_lock)
        {
            return _ids.Count == 0 ? null : string.Join('.', _ids);
        }
    }

    /// <summary>The transactions of a token; null where it is none.</summary>
    public static IReadOnlyList<ChangesetId>? Parse(string token)
    {
        var ids = new List<ChangesetId>();
        foreach (var part in token.AsSpan().Split('.'))
        {
            if (ids.Count == MaxIds || !ChangesetId.TryParse(token.AsSpan(part), out var id))
            {
                return null;
            }

            ids.Add(id);
        }

        return ids;
    }
}
