using Microsoft.Extensions.FileProviders;

namespace BoardSample;

/// <summary>Serves the web page's build from the folder in <c>Board:Web</c>; without that setting there is only the API and the hub.</summary>
internal static class BoardWeb
{
    public static void UseBoardWeb(this WebApplication app)
    {
        if (app.Configuration["Board:Web"] is not { Length: > 0 } folder)
        {
            return;
        }

        var path = Path.GetFullPath(folder);
        var files = Directory.Exists(path) ? new PhysicalFileProvider(path) : throw new StartException($"Board:Web names a folder that is not there: {path}");
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = files,
            OnPrepareResponse = file => file.Context.Response.Headers.CacheControl =
                file.Context.Request.Path.StartsWithSegments("/assets", StringComparison.Ordinal)
                    ? "public, max-age=31536000, immutable" // Vite puts a hash of the content into these names
                    : "no-cache",
        });
    }
}
