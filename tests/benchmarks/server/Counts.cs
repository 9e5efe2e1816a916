using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace BenchServer;

/// <summary>What the server's own instruments say: connections of either side, queues that overflowed and, once asked for, commands to PostgreSQL.</summary>
public sealed class Counts : IDisposable
{
    private readonly MeterListener _meters = new();
    private ActivityListener? _commands;
    private long _connections;
    private long _overflows;
    private long _queries;

    public Counts()
    {
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name is "signalr.server.active_connections" or "livehub.overflows")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meters.SetMeasurementEventCallback<long>((instrument, value, _, _) => Interlocked.Add(ref instrument.Name == "livehub.overflows" ? ref _overflows : ref _connections, value));
        _meters.Start();
    }

    /// <summary>From the first call on commands are counted: it costs something, which most benches are to be spared.</summary>
    public object Read()
    {
        if (_commands is null)
        {
            _commands = new()
            {
                ShouldListenTo = source => source.Name == "Npgsql",
                Sample = (ref _) => ActivitySamplingResult.AllData,
                ActivityStarted = _ => Interlocked.Increment(ref _queries),
            };
            ActivitySource.AddActivityListener(_commands);
        }

        return new { connections = Volatile.Read(ref _connections), overflows = Volatile.Read(ref _overflows), queries = Volatile.Read(ref _queries) };
    }

    public void Dispose()
    {
        _commands?.Dispose();
        _meters.Dispose();
    }
}

public static class CountsEndpoints
{
    public static void MapCounts(this IEndpointRouteBuilder endpoints, Counts counts)
    {
        endpoints.MapPost("/counts", counts.Read);
        endpoints.MapPost("/memory", Memory);
    }

    /// <summary>
    /// Over loopback the kernel takes megabytes for a client that does not read before the server notices. With a send buffer as over a network, less.
    /// </summary>
    public static void SendAtMost(this SocketTransportOptions sockets, int? bytes)
    {
        if (bytes is { } size)
        {
            sockets.CreateBoundListenSocket = endpoint =>
            {
                // Connections have it from the socket that listens.
                var socket = new Socket(((IPEndPoint)endpoint).AddressFamily, SocketType.Stream, ProtocolType.Tcp) { SendBufferSize = size };
                socket.Bind(endpoint);
                return socket;
            };
        }
    }

    /// <summary>Bytes of the managed heap that are in use after everything else was collected, and of the whole process.</summary>
    private static object Memory()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return new { heap = GC.GetTotalMemory(forceFullCollection: true), rss = Environment.WorkingSet };
    }
}
