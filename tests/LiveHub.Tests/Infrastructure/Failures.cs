using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using LiveHub.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests.Infrastructure;

/// <summary>Listens to what an application's LiveHub counts of its own failures: <c>stage error.type</c>.</summary>
internal sealed class Failures : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<string> _heard = new();

    public Failures(IServiceProvider services)
    {
        var factory = services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == factory && instrument is { Meter.Name: LiveHubMetrics.MeterName, Name: "livehub.failures" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, count, tags, _) => _heard.Enqueue($"{string.Join(" ", tags.ToArray().Select(t => t.Value))} {count}"));
        _listener.Start();
    }

    /// <summary>For what is put together by hand.</summary>
    public static ServiceProvider Services() => new ServiceCollection().AddMetrics().AddSingleton<LiveHubMetrics>().BuildServiceProvider();

    public IReadOnlyCollection<string> Heard => _heard;

    public void Dispose() => _listener.Dispose();
}
