using LiveHub.Changes;
using LiveHub.Redis.Tests.Infrastructure;
using LiveHub.Tests.Backplane;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.Redis.Tests.Backplane;

/// <summary>
/// What nodes keep whatever happens to Redis and to their lines: everything that was appended is seen by all in one order, or those who missed it start again. Three nodes, unless said
/// otherwise, whose readers look on.
/// </summary>
public abstract partial class RedisFaultSpecification : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly NodeFactory _create;
    private readonly List<IAsyncDisposable> _ended = [];

    private protected RedisFaultSpecification(NodeFactory create) => _create = create;

    protected CancellationToken Stopping => _stopping.Token;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (var thing in Enumerable.Reverse(_ended))
        {
            await thing.DisposeAsync();
        }

        _stopping.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task<RedisNodes> StartAsync(int count = 3, bool isPersistent = false, string? password = null, Action<RedisOptions>? configure = null)
    {
        var nodes = Keep(new RedisNodes(await RedisServer.StartAsync(password, isPersistent), _create, Stopping) { Configure = configure ?? (_ => { }) });
        await nodes.AddAsync(count);
        return nodes;
    }

    /// <summary>Ends with the test.</summary>
    private T Keep<T>(T thing)
        where T : IAsyncDisposable
    {
        _ended.Add(thing);
        return thing;
    }

    private static void NobodyStartedAgain(RedisNodes nodes) => Assert.All(nodes.All, n => Assert.True(n.Resets.Count == 0, n.ToString()));

    private static void EverybodyStartedAgain(RedisNodes nodes) => Assert.All(nodes.All, n => Assert.True(n.Resets.Count > 0, n.ToString()));

    private static Task SeenByAllAsync(RedisNodes nodes, Changeset changeset)
        => Until.TrueAsync(() => nodes.All.All(n => n.HasSeen(changeset)), () => string.Join('\n', nodes.All), TimeSpan.FromSeconds(60));
}
