using LiveHub.Backplane;
using LiveHub.Diagnostics;
using LiveHub.Routing;
using LiveHub.Shapes;
using LiveHub.Snapshots;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;
using Microsoft.Extensions.Options;

namespace LiveHub.Hubs;

/// <summary>What all connections share.</summary>
internal sealed class SyncConnectionFactory(
    Router router, IBackplane backplane, ShapeReader shapes, SnapshotReader snapshots, IOptions<LiveHubOptions> options, LiveHubMetrics metrics, ILogger<SyncConnection> logger)
{
    public Router Router => router;

    public IBackplane Backplane => backplane;

    public ShapeReader Shapes => shapes;

    public SnapshotReader Snapshots => snapshots;

    public LiveHubOptions Options { get; } = options.Value;

    public LiveHubMetrics Metrics => metrics;

    public ILogger Logger => logger;

    public ObjectPool<StepComposer> Composers { get; } = ObjectPool.Create<StepComposer>();

    public SyncConnection Create(HubConnectionContext connection) => new(this, connection);
}
