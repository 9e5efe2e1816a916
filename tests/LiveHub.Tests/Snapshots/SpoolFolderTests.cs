using LiveHub.Diagnostics;
using LiveHub.Snapshots;
using LiveHub.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests.Snapshots;

public sealed class SpoolFolderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("livehub-test-");
    private readonly ServiceProvider _services = Measured.Services();

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    private SpoolFolder Folder => new(_services.GetRequiredService<LiveHubMetrics>(), _folder.FullName);

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        _services.Dispose();
    }

    [Fact]
    public async Task What_is_added_is_read_by_many_at_once_wherever_it_is()
    {
        using var measured = new Measured(_services);
        using var file = Folder.Open();
        var places = new List<long>();
        for (byte i = 0; i < 100; i++)
        {
            places.Add(await file.AddAsync(Bytes(i), Stopping));
        }

        Assert.Equal(Enumerable.Range(0, 100).Sum(i => 1000L + i), measured["livehub.spool.bytes"]);
        await Parallel.ForEachAsync(Enumerable.Range(0, 1_000), Stopping, async (n, _) =>
        {
            var i = (byte)(n % 100);
            var read = new byte[1000 + i];
            await file.ReadAsync(places[i], read);
            Assert.Equal(Bytes(i), read);
        });
        file.Dispose();
        file.Dispose();
        Assert.Equal(0, measured["livehub.spool.bytes"]);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => file.ReadAsync(0, new byte[1]).AsTask());

        static byte[] Bytes(byte i) => [.. Enumerable.Repeat(i, 1000 + i)];
    }

    [Fact]
    public async Task A_file_has_no_name_others_cannot_open_it_and_it_is_gone_when_it_is_closed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "On Windows it has a name while it is open.");
        var file = Folder.Open();
        await file.AddAsync(new byte[10], Stopping);
        Assert.Empty(_folder.GetFiles());
        if (OperatingSystem.IsLinux())
        {
            var open = Assert.Single(OpenFiles.In(_folder.FullName));
            Assert.StartsWith("livehub-", Path.GetFileName(open.Name), StringComparison.Ordinal);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(open.Handle));
        }

        file.Dispose();
        Assert.Empty(OpenFiles.In(_folder.FullName));
        Assert.Empty(_folder.GetFiles());
    }

    [Fact]
    public void A_folder_that_cannot_be_written_to_is_named_with_the_way_out()
    {
        var folder = new SpoolFolder(_services.GetRequiredService<LiveHubMetrics>(), Path.Combine(_folder.FullName, "none"));
        var exception = Assert.Throws<IOException>(folder.Open);
        Assert.Contains(Path.Combine(_folder.FullName, "none"), exception.Message, StringComparison.Ordinal);
        Assert.Contains("TMPDIR", exception.Message, StringComparison.Ordinal);
        Assert.NotNull(exception.InnerException);
    }

    [Fact]
    public async Task A_disk_that_is_full_is_told_as_what_it_is()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has a full disk at hand.");
        using var file = new SpoolFile(new("/dev/full", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0), Folder);
        var exception = await Assert.ThrowsAsync<IOException>(() => file.AddAsync(new byte[10], Stopping).AsTask());
        Assert.Contains(_folder.FullName, exception.Message, StringComparison.Ordinal);
    }
}
