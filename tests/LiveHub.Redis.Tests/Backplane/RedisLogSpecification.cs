using LiveHub.Backplane;
using LiveHub.Redis.Tests.Infrastructure;

namespace LiveHub.Redis.Tests.Backplane;

/// <summary>The specification of a shared log on a redis-server where nothing fails.</summary>
public abstract class RedisLogSpecification : SharedLogSpecification
{
    private readonly NodeFactory _create;
    private readonly List<RedisNodes> _others = [];
    private RedisNodes? _nodes;

    private protected RedisLogSpecification(NodeFactory create) => _create = create;

    private protected override async Task<IBackplane> NodeAsync() => await (_nodes ??= await StartAsync()).LogAsync();

    private protected override async Task<IBackplane> OtherLogAsync()
    {
        var other = await StartAsync();
        _others.Add(other);
        return await other.LogAsync();
    }

    /// <summary>Redis has a clock of its own.</summary>
    private protected override Task PassAsync(TimeSpan time) => Task.Delay(time, Stopping);

    private protected override async ValueTask EndAsync()
    {
        foreach (var nodes in _nodes is null ? _others : [_nodes, .. _others])
        {
            await nodes.DisposeAsync();
        }
    }

    private async Task<RedisNodes> StartAsync() => new(await RedisServer.StartAsync(), _create, Stopping) { Retention = Retention, Configure = o => o.CommandTimeout = TimeSpan.FromSeconds(5) };
}
