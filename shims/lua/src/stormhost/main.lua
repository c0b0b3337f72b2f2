--- Started by the host, as a file: see `_launch`.

local folder = arg[0]:match("^(.*)/stormhost/[^/]*$") or ".."
package.path = ("%s/?.lua;%s/?/init.lua;%s"):format(folder, folder, package.path)

require("stormhost._launch").main()
