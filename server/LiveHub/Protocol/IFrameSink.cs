namespace LiveHub.Protocol;

/// <summary>Where a <see cref="FrameWriter"/> hands its hub messages on to.</summary>
internal interface IFrameSink
{
    /// <param name="frame">Good until this completes.</param>
    ValueTask SendAsync(ReadOnlyMemory<byte> frame);
}
