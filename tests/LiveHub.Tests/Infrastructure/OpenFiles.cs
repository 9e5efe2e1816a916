namespace LiveHub.Tests.Infrastructure;

/// <summary>Files that this process has open, also such as have no name any longer. On Linux.</summary>
internal static class OpenFiles
{
    private const string Handles = "/proc/self/fd";

    /// <param name="folder">Where they are, or were.</param>
    /// <returns>Their handles as paths, and their names.</returns>
    public static List<(string Handle, string Name)> In(string folder)
        => !Directory.Exists(Handles) ? [] : [.. Directory.GetFiles(Handles)
            .Select(handle => (Handle: handle, Name: NameOf(handle)))
            .Where(file => file.Name.StartsWith(folder, StringComparison.Ordinal))];

    private static string NameOf(string handle)
    {
        try
        {
            return File.ResolveLinkTarget(handle, returnFinalTarget: false)?.FullName ?? "";
        }
        catch (IOException)
        {
            // It was closed meanwhile.
            return "";
        }
    }
}
