--- Classes of components: `Bolt:extend { … }` makes one, `:new(…)` an object, and a call declares it for a topology.

local _M = {}

--- A class that inherits from `base` (nil: from nothing). `attributes` become its own; methods may be added later.
function _M.extend(base, attributes)
  local class = {}
  for name, value in next, attributes or {} do
    class[name] = value
  end
  class.__index = class
  return setmetatable(class, { __index = base, __call = base and getmetatable(base).__call, base = base })
end

--- The class that `class` extends.
function _M.base(class)
  local meta = getmetatable(class)
  return meta and meta.base
end

--- Whether something is a class that extends `base`, or `base` itself.
function _M.is(class, base)
  while type(class) == "table" do
    if class == base then
      return true
    end
    class = _M.base(class)
  end
  return false
end

--- Whether something is an object of a class that extends `base`.
function _M.instance(object, base)
  return type(object) == "table" and rawget(object, "__index") == nil and _M.is(getmetatable(object), base)
end

--- Whether the object, or its class, has its own `name` rather than that of `base`.
function _M.overrides(object, base, name)
  return object[name] ~= base[name]
end

return _M
