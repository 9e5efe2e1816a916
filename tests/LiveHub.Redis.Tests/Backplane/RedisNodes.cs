using LiveHub.Backplane;
using LiveHub.Redis.Tests.Infrastructure;
using LiveHub.Tests.Backplane;

namespace LiveHub.Redis.Tests.Backplane;

/// <summary>Makes a node's backplane and starts it.</summary>
internal delegate Task<IBackplane> NodeFactory(RedisOptions options, LogRetention retention, CancellationToken cancellationToken);

/// <summary>A redis-server and nodes that share a log on it, each on a line of its own.</summary>
internal sealed class RedisNodes(RedisServer server, NodeFactory create, CancellationToken stopping) : IAsyncDisposable
{
    private readonly List<Line> _lines = [];
    private readonly List<IBackplane> _logs = [];

    public RedisServer Server => server;

    /// <summary>Each node's line, in the order in which they were made.</summary>
    public IReadOnlyList<Line> Lines => _lines;

    public IReadOnlyList<LogNode> All { get; private set; } = [];

    /// <summary>Short times, so that a fault is soon noticed.</summary>
    public Action<RedisOptions> Configure { get; set; } = _ => { };

    public LogRetention Retention { get; set; } = new();

    public async Task AddAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            All = [.. All, new(await LogAsync(), stopping)];
        }
    }

    /// <summary>A node that nobody looks at.</summary>
    public async Task<IBackplane> LogAsync(Action<RedisOptions>? configure = null)
    {
        var line = new Line(server.Port, seed: _lines.Count);
        _lines.Add(line);
        var options = new RedisOptions
        {
            Configuration = server.ConfigurationAt(line.Port), CommandTimeout = TimeSpan.FromMilliseconds(500), HeartbeatInterval = TimeSpan.FromMilliseconds(100),
        };
        Configure(options);
        configure?.Invoke(options);
        var log = await create(options, Retention, stopping);
        _logs.Add(log);
        return log;
    }

    public Task ConvergeAsync() => LogNode.ConvergeAsync(All);

    /// <summary>All but those who are away.</summary>
    public Task ConvergeOthersAsync(params int[] away) => LogNode.ConvergeAsync([.. All.Where((_, i) => !away.Contains(i))]);

    /// <summary>Something happens while every node appends, before, meanwhile and after.</summary>
    public async Task WhileAppendingAsync(Func<Task> happens)
    {
        using var enough = new CancellationTokenSource();
        var writers = All.Select(n => Task.Run(
            async () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    n.Append(2);
                    await Task.Delay(5, stopping);
                }
            },
            stopping)).ToList();
        try
        {
            await Task.Delay(100, stopping);
            await happens();
            await Task.Delay(100, stopping);
        }
        finally
        {
            await enough.CancelAsync();
            await Task.WhenAll(writers);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var log in _logs)
        {
            await ((IAsyncDisposable)log).DisposeAsync();
        }

        foreach (var line in _lines)
        {
            await line.DisposeAsync();
        }

        await server.DisposeAsync();
    }
}
