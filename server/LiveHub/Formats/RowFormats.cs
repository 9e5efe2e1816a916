using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using LiveHub.Model;

namespace LiveHub.Formats;

/// <summary>The formats of this model's rows, and of those that other processes write. Each is made once.</summary>
internal sealed class RowFormats(LiveModel model)
{
    /// <summary>What is remembered of other processes' headers, in bytes; a release has some kilobytes of them.</summary>
    public const int MaxHeaderBytes = 4 * 1024 * 1024;

    private readonly ConcurrentDictionary<Entity, EntityFormat> _entities = new();
    private readonly ConcurrentDictionary<byte[], RowFormat> _byHeader = new(Bytes.Equality);
    private int _headerBytes;

    public int RememberedBytes => Volatile.Read(ref _headerBytes);

    public EntityFormat Of(Entity entity) => _entities.GetOrAdd(entity, e => new(e));

    public Entity? Find(string name) => model.Find(name);

    /// <exception cref="ChangesetFormatException">It is no header.</exception>
    public RowFormat Find(ReadOnlySpan<byte> header)
    {
        if (_byHeader.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(header, out var known))
        {
            return known;
        }

        var format = RowFormat.Parse(header, name => model.Find(name) is { } entity ? Of(entity) : null);
        if (Interlocked.Add(ref _headerBytes, header.Length) > MaxHeaderBytes)
        {
            _byHeader.Clear();
            Interlocked.Exchange(ref _headerBytes, header.Length);
        }

        _byHeader.TryAdd(header.ToArray(), format);
        return format;
    }

    private sealed class Bytes : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly Bytes Equality = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
