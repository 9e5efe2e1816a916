using System.Collections.Concurrent;
using LiveHub.Backplane;
using LiveHub.Capture;
using LiveHub.Diagnostics;
using LiveHub.Routing;
using LiveHub.Shapes;
using LiveHub.Snapshots;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.ObjectPool;
using Microsoft.Extensions.Options;

namespace LiveHub.Hubs;

/// <summary>What all connections share.</summary>
internal sealed class SyncConnectionFactory(
    Router router, IBackplane backplane, ChangesetPublisher publisher, ShapeReader shapes, SharedSnapshots snapshots, IOptions<LiveHubOptions> options, TimeProvider time, LiveHubMetrics metrics, GuardedLogger<SyncConnection> logger)
{
    private const int MinRetryMs = 100;
    private const int RetryMsPerConnection = 2;
    private const int MaxRetryMs = 10_000;

    private readonly ConcurrentDictionary<SyncConnection, Nothing> _open = [];
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isStopping;

    public Router Router => router;

    public IBackplane Backplane => backplane;

    public ChangesetPublisher Publisher => publisher;

    public ShapeReader Shapes => shapes;

    public SharedSnapshots Snapshots => snapshots;

    public LiveHubOptions Options { get; } = options.Value;

    public TimeProvider Time => time;

    public LiveHubMetrics Metrics => metrics;

    public GuardedLogger Logger => logger;

    public ObjectPool<StepComposer> Composers { get; } = ObjectPool.Create<StepComposer>();

    /// <summary>How many connections are open.</summary>
    public int Count => _open.Count;

    /// <summary>Whether the application stops: nothing more is begun.</summary>
    public bool IsStopping => _isStopping;

    public SyncConnection Create(HubConnectionContext hub)
    {
        var connection = new SyncConnection(this, hub);
        _open.TryAdd(connection, default);
        return connection;
    }

    public void Remove(SyncConnection connection)
    {
        _open.TryRemove(connection, out _);
        if (_isStopping && _open.IsEmpty)
        {
            _empty.TrySetResult();
        }
    }

    /// <summary>From here on nothing more is begun, and whoever is connected is sent away. Completes when all have left.</summary>
    public Task StopAsync()
    {
        _isStopping = true;
        foreach (var (connection, _) in _open)
        {
            connection.GoAway();
        }

        return _open.IsEmpty ? Task.CompletedTask : _empty.Task;
    }

    /// <summary>Every client is told how far the log has come.</summary>
    public void Beat()
    {
        foreach (var (connection, _) in _open)
        {
            connection.Beat();
        }
    }

    /// <summary>Nothing is heard of the log: whoever is welcome already goes elsewhere, or waits here until something is.</summary>
    public void SendAway()
    {
        foreach (var (connection, _) in _open)
        {
            connection.SendAway();
        }
    }

    /// <summary>When a client is to come back: the more there are, the longer it takes until all have.</summary>
    public int NextRetryMs() => MinRetryMs + Random.Shared.Next(Math.Clamp(_open.Count * RetryMsPerConnection, 1, MaxRetryMs));

    private readonly record struct Nothing;
}
