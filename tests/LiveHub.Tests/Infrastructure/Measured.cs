using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using LiveHub.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests.Infrastructure;

/// <summary>Listens to an application's meter: sums by instrument and tags, as in <c>livehub.resets log</c>; of a histogram the number of values, and the values themselves.</summary>
internal sealed class Measured : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _sums = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(string Name, double Value)> _values = new();

    public Measured(IServiceProvider services)
    {
        var factory = services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == factory && instrument.Meter.Name == LiveHubMetrics.MeterName)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            _values.Enqueue((instrument.Name, value));
            Add(instrument, value >= 0 ? 1 : -1_000_000, tags);
        });
        _listener.Start();
    }

    /// <summary>For what is put together by hand.</summary>
    public static ServiceProvider Services(TimeProvider? time = null) => new ServiceCollection()
        .AddLogging().AddSingleton(typeof(GuardedLogger<>)).AddMetrics().AddSingleton(time ?? TimeProvider.System).AddSingleton<LiveHubMetrics>().BuildServiceProvider();

    public long this[string name] => _sums.GetValueOrDefault(name);

    /// <summary>What was recorded in a histogram, in order.</summary>
    public IReadOnlyList<double> Values(string histogram) => [.. _values.Where(v => v.Name == histogram).Select(v => v.Value)];

    public override string ToString() => string.Join(", ", _sums.ToArray().OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key}: {s.Value}"));

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var name = string.Join(' ', [instrument.Name, .. tags.ToArray().Select(t => t.Value)]);
        _sums.AddOrUpdate(name, value, (_, sum) => sum + value);
    }
}
