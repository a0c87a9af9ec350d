/* One port and its mocked controller as a shared library. The module is whoever owns the memory. */
#include "board.h"
#include "mock.h"

struct sw_engine {
  uint8_t *memory;
  uint32_t size, record;
};

static struct sw_engine engine;
static sw_port port;

void harness_open(uint8_t *memory, uint32_t size, uint32_t record);
uint32_t harness_configure(const uint8_t *address);
bool harness_start(const uint8_t *address);
bool harness_exchange(void);

uint8_t *sw_engine_memory(sw_engine *of, uint32_t *size) {
  *size = of->size;
  return of->memory;
}

uint32_t sw_engine_call(sw_engine *of, enum sw_function function, const uint32_t *arguments) {
  return function == SW_FN_MAC && arguments[0] == 0 ? of->record : 0;
}

void harness_open(uint8_t *memory, uint32_t size, uint32_t record) {
  engine = (struct sw_engine){memory, size, record};
  mock_reset();
  sw_port_open(&port, &engine, 0);
}

uint32_t harness_configure(const uint8_t *address) {
  sw_port_configure(&port, address, mac_capabilities());
  return mac_capabilities();
}

/* After the module has laid out its rings, for the first time or again. */
bool harness_start(const uint8_t *address) {
  if (!sw_port_reset(&port)) return false;
  mac_start(&port, address);
  return true;
}

bool harness_exchange(void) {
  return mac_exchange(&port);
}
