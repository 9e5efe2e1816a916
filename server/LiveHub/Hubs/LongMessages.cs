using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace LiveHub.Hubs;

/// <summary>
/// A connection's pipe, which takes a long hub message in one piece. SignalR's own cuts it into pieces of 4 kB, and its transports send each of them as a frame
/// of its own: that is a good part of what a burst costs.
/// </summary>
internal sealed class LongMessages(PipeWriter pipe) : PipeWriter
{
    private const int LongBytes = 4096;

    public override bool CanGetUnflushedBytes => pipe.CanGetUnflushedBytes;

    public override long UnflushedBytes => pipe.UnflushedBytes;

    /// <summary>Has a connection's messages written through it from here on.</summary>
    public static void Use(IFeatureCollection connection)
    {
        if (connection.Get<IConnectionTransportFeature>() is { } transport)
        {
            transport.Transport = new Both(transport.Transport.Input, new LongMessages(transport.Transport.Output));
        }
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (source.Length <= LongBytes)
        {
            return pipe.WriteAsync(source, cancellationToken);
        }

        source.Span.CopyTo(pipe.GetSpan(source.Length));
        pipe.Advance(source.Length);
        return pipe.FlushAsync(cancellationToken);
    }

    public override void Advance(int bytes) => pipe.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => pipe.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => pipe.GetSpan(sizeHint);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => pipe.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => pipe.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => pipe.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => pipe.CompleteAsync(exception);

    private sealed record Both(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
