using LiveHub.Redis.Tests.Infrastructure;
using LiveHub.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LiveHub.Redis.Tests.Nodes;

/// <summary>The nodes of one application: each on a Kestrel of its own and a line of its own to one redis-server, all with one database.</summary>
internal sealed class ShopNodes : IAsyncDisposable
{
    private readonly PostgresServer _postgres;
    private readonly bool _ownsRedis;
    private readonly List<Shop> _all = [];
    private readonly List<Line> _lines = [];

    private ShopNodes(PostgresServer postgres, RedisServer redis, bool ownsRedis) => (_postgres, Redis, _ownsRedis) = (postgres, redis, ownsRedis);

    public RedisServer Redis { get; }

    public LeapingClock Clock { get; } = new();

    /// <summary>What all nodes ask the database.</summary>
    public CommandCounter Queries { get; } = new();

    public IReadOnlyList<Shop> All => _all;

    /// <summary>Each node's line to Redis.</summary>
    public IReadOnlyList<Line> Lines => _lines;

    /// <summary>Changes the options, of which those are short that a test would wait for.</summary>
    public Action<RedisOptions> Configure { get; init; } = _ => { };

    /// <summary>What each node does beside mapping the hub.</summary>
    public Action<WebApplication> Map { get; init; } = _ => { };

    public Shop this[int node] => _all[node];

    /// <param name="count">Of the nodes.</param>
    /// <param name="isPersistent">Whether Redis keeps what it has when it is killed.</param>
    public static async Task<ShopNodes> StartAsync(
        PostgresServer postgres, int count = 2, bool isPersistent = false, Action<RedisOptions>? configure = null, Action<WebApplication>? map = null)
    {
        var nodes = new ShopNodes(postgres, await RedisServer.StartAsync(isPersistent: isPersistent), ownsRedis: true) { Configure = configure ?? (_ => { }), Map = map ?? (_ => { }) };
        try
        {
            for (var i = 0; i < count; i++)
            {
                await nodes.AddAsync();
            }

            return nodes;
        }
        catch
        {
            await nodes.DisposeAsync();
            throw;
        }
    }

    /// <summary>Another application, with a database of its own, on the same Redis.</summary>
    public ShopNodes Beside(Action<RedisOptions> configure) => new(_postgres, Redis, ownsRedis: false) { Configure = configure };

    /// <summary>Starts another node.</summary>
    public async Task<Shop> AddAsync(Action<IServiceCollection>? services = null)
    {
        var line = new Line(Redis.Port, seed: _lines.Count);
        _lines.Add(line);
        var node = await Shop.StartAsync(
            _postgres,
            services: all =>
            {
                all.AddSingleton<TimeProvider>(Clock);
                all.AddHealthChecks().AddLiveHub();
                all.ConfigureDbContext<ShopDb>(o => o.AddInterceptors(Queries));
                services?.Invoke(all);
            },
            live: live => live.UsePostgreSql().UseRedis(Redis.ConfigurationAt(line.Port), redis =>
            {
                (redis.CommandTimeout, redis.HeartbeatInterval) = (TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(100));
                Configure(redis);
            }),
            map: app =>
            {
                Map(app);
                app.MapLiveHub("/live");
            },
            beside: _all.FirstOrDefault());
        _all.Add(node);
        await Until.TrueAsync(() => node.Router.IsRunning, () => "The router does not run.");
        return node;
    }

    /// <summary>Ends a node; what it has not said by then, nobody hears.</summary>
    public async Task LoseAsync(int node)
    {
        var lost = _all[node];
        _all.RemoveAt(node);
        await lost.DisposeAsync();
    }

    /// <summary>Stops a node in order; what it wrote stays.</summary>
    public async Task StopAsync(int node)
    {
        await _all[node].App.StopAsync();
        await ((IAsyncDisposable)_all[node].Log).DisposeAsync();
    }

    public async Task<HealthStatus> HealthAsync(int node)
        => (await _all[node].App.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status;

    /// <summary>Waits until a node's health is another one.</summary>
    public async Task UntilHealthIsAsync(int node, HealthStatus status)
    {
        var deadline = DateTime.UtcNow + TimeSpan.FromSeconds(20);
        while (await HealthAsync(node) is var now && now != status)
        {
            Assert.True(DateTime.UtcNow < deadline, $"Node {node} is {now}.");
            await Task.Delay(20);
        }
    }

    /// <summary>Each node writes a last item; every guest shows all of them, and then exactly what is in the database.</summary>
    public async Task SettleAsync(params IEnumerable<Guest> guests)
    {
        var last = _all.Select((_, i) => $"last of {i} {Guid.NewGuid():N}").ToList();
        for (var i = 0; i < _all.Count; i++)
        {
            await _all[i].AddItemsAsync(1, last[i]);
        }

        foreach (var guest in guests)
        {
            await guest.UntilAsync(view => last.TrueForAll(name => view.Rows(1)!.Values.Any(r => (string?)r["name"] == name)));
            await guest.EqualsDatabaseAsync(_all[0]);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Enumerable.Reverse(_all))
        {
            await node.DisposeAsync();
        }

        foreach (var line in _lines)
        {
            await line.DisposeAsync();
        }

        if (_ownsRedis)
        {
            await Redis.DisposeAsync();
        }
    }
}
